const held = [];
for (let number = 0; number < 4; number++) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 16384 });
  memory.grow(16383);
  new Uint8Array(memory.buffer).fill(1);
  held.push(memory);
}
console.log("HOLE: 4 GiB");
