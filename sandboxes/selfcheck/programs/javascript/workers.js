const { Worker } = require("worker_threads");
const held = [];
for (let number = 0; number < 100; number++)
  held.push(new Worker("setInterval(() => {}, 1000)", { eval: true }));
setTimeout(() => {
  console.log("HOLE: 100 workers");
  process.exit(0);
}, 3000);
