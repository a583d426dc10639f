(async () => {
  await new Promise(() => {});
  require("fs").writeSync(3, "passed");
})();
