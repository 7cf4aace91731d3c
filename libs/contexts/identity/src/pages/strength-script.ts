import { PAGES } from './page-paths.js';

/**
 * Shows how strong a password is while it is typed. The page works without it. What is typed goes to our own service and nowhere else, is
 * looked at and forgotten.
 */
export const STRENGTH_SCRIPT = `
const field = document.querySelector('input[data-strength]');
const meter = document.querySelector('meter');
const told = document.querySelector('[data-told]');
let waiting;
if (field && meter && told) {
  meter.hidden = false;
  field.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const password = field.value;
      if (password === '') { meter.value = 0; told.textContent = ''; return; }
      const { strength: link, secondFactor } = field.dataset;
      const body = JSON.stringify({ password, link, secondFactor: secondFactor === 'true' });
      const answer = await fetch('${PAGES}/strength', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      if (!answer.ok || field.value !== password) return;
      const { score, words } = await answer.json();
      meter.value = score;
      told.textContent = words.join(' ');
    }, 200);
  });
}
`;
