require("fs").writeFileSync("built.txt", "built\n");

