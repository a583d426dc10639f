const { spawn } = require("child_process");
let refused = 0;
for (let number = 0; number < 300; number++) {
  try {
    const child = spawn("/bin/sleep", ["3"], { stdio: "ignore" });
    child.on("error", () => refused++);
    child.unref();
  } catch {
    refused++;
  }
}
setTimeout(() => {
  console.log(refused ? "refused" : "HOLE: 300 processes");
  process.exit(0);
}, 300);
