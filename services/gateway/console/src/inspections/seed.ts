/** A department's part of a draw: a secret made here, its hash said first, itself shown later (shared/design/random-draw.md). */

import { sha256 } from "./sha256";

export interface Seed {
  department: string;
  seed: string;
  nonce: string;
  commitment: string;
}

const HEX = /^[0-9a-f]{64}$/;
const KEY = "bk-seed-";

export function commitmentOf(department: string, seed: string, nonce: string): string {
  return sha256(`bright-kitchen seed 1\n${department}\n${seed}\n${nonce}\n`);
}

export function newSeed(department: string): Seed {
  const [seed, nonce] = [randomHex(), randomHex()];
  return { department, seed, nonce, commitment: commitmentOf(department, seed, nonce) };
}

export function isHex(text: string): boolean {
  return HEX.test(text);
}

/** Out of a file that was kept. Null: it is none, or its hash does not fit. */
export function seedOf(text: string): Seed | null {
  try {
    const { department, seed, nonce } = JSON.parse(text) as Partial<Seed>;
    if (typeof department !== "string" || !isHex(seed ?? "") || !isHex(nonce ?? "")) return null;
    return { department, seed: seed ?? "", nonce: nonce ?? "", commitment: commitmentOf(department, seed ?? "", nonce ?? "") };
  } catch {
    return null; // not a file of ours
  }
}

/** Also kept on this device until it was shown; the file is for the day it is not there any more. */
export function keepSeed(made: Seed): void {
  localStorage.setItem(KEY + made.commitment, JSON.stringify(made));
}

export function keptSeed(commitment: string): Seed | null {
  return seedOf(localStorage.getItem(KEY + commitment) ?? "");
}

export function forgetSeed(commitment: string): void {
  localStorage.removeItem(KEY + commitment);
}

function randomHex(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
