const held = [];
for (let number = 0; number < 1e8; number++) held.push({ number, text: "x".repeat(8) + number });
