const fs = require("fs");
for (const path of ["@CANARY@", "/etc/shadow", "/proc/1/environ", "/proc/1/root@CANARY@"]) {
  try {
    console.log(fs.readFileSync(path, "utf8"));
  } catch {}
}
for (const path of ["@CANARY@", "/usr/@TAG@", "/etc/@TAG@"]) {
  try {
    fs.closeSync(fs.openSync(path, "r+"));
    console.log("HOLE", path);
  } catch {}
}
console.log(process.env);
