// Parts of the runtime that programs have no use for, and what they could do.
try {
  process.setuid(0);
  console.log("HOLE setuid");
} catch {}
try {
  process.kill(1, "SIGSTOP");
  process.kill(process.ppid, 0);
} catch {}
try {
  process.dlopen({ exports: {} }, "@CANARY@");
} catch (error) {
  if (String(error).includes("header")) console.log("HOLE dlopen");
}
