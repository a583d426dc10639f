process.exit(0);
require("assert").strictEqual(1, 2);
require("fs").writeSync(3, "passed");
