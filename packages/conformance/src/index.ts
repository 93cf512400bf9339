export const trial: number = 2;
