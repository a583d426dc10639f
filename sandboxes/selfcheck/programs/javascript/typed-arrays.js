const held = [];
for (let number = 0; number < 32; number++) held.push(new Float64Array(1 << 24).fill(number));
console.log("HOLE", held.length);
