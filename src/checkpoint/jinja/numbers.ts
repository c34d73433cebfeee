// Python's arithmetic: whole numbers of any length, and remainders with the sign of the divisor.

import type { BinaryOperator } from './ast';
import type { Meter } from './meter';
import type { Value } from './values';

export function toFloat(value: boolean | bigint | number): number {
  const number = Number(value);
  if (typeof value !== 'number' && !Number.isFinite(number)) {
    throw new Error('int too large to convert to float');
  }
  return number;
}

export function floats(operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '**': {
      if (a === 0 && b < 0) throw new Error('0.0 cannot be raised to a negative power');
      const power = a === 1 ? 1 : a ** b;
      if (Number.isNaN(power) && !Number.isNaN(a) && !Number.isNaN(b)) {
        throw new Error('complex numbers are not supported');
      }
      if (!Number.isFinite(power) && Number.isFinite(a) && Number.isFinite(b)) {
        throw new Error('Numerical result out of range');
      }
      return power;
    }
    case '/':
    case '//':
    case '%':
      if (b === 0) throw new Error('float division by zero');
      if (operator === '/') return a / b;
      return operator === '//' ? floorDivide(a, b) : modulo(a, b);
  }
}

/** The remainder with the sign of the divisor. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 === b < 0 ? rest : rest + b;
}

function floorDivide(a: number, b: number): number {
  const quotient = (a - modulo(a, b)) / b;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

const bits = (value: bigint): number => value.toString(16).length * 4;

export function integers(operator: BinaryOperator, a: bigint, b: bigint, meter: Meter): Value {
  switch (operator) {
    case '+':
    case '-':
    case '*': {
      meter.makeInteger(operator === '*' ? bits(a) + bits(b) : Math.max(bits(a), bits(b)));
      return operator === '+' ? a + b : operator === '-' ? a - b : a * b;
    }
    case '**':
      if (b < 0n) return floats('**', toFloat(a), toFloat(b));
      if (a === 0n || a === 1n) return b === 0n ? 1n : a;
      if (a === -1n) return b % 2n === 0n ? 1n : a;
      meter.makeInteger(bits(a) * Number(b));
      return a ** b;
    case '/':
    case '//':
    case '%': {
      if (b === 0n) throw new Error('division by zero');
      if (operator === '/') return toFloat(a) / toFloat(b);
      const rest = a % b;
      const adjusts = rest !== 0n && rest < 0n !== b < 0n;
      if (operator === '%') return adjusts ? rest + b : rest;
      return a / b - (adjusts ? 1n : 0n);
    }
  }
}
