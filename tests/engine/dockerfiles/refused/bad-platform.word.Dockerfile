FROM --platform=gameboy scratch
