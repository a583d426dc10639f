const held = [];
for (let number = 0; number < 64; number++) held.push(Buffer.alloc(64 << 20, 1));
console.log("HOLE", held.length);
