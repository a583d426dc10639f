const down = (number) => down(number + 1) + 1;
down(0);
