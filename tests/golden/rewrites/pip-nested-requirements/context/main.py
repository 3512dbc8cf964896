import idna

