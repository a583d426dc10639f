const fs = require("fs");
const piece = "y".repeat(65536);
for (let number = 0; number < 4096; number++) {
  try {
    fs.writeSync(1, piece);
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
  }
}
