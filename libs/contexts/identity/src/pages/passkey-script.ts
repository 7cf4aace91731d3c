/**
 * Lets forms ask for a passkey, which only a script can (W3C Web Authentication Level 3, 5.1). Pages work without it: the forms stay hidden
 * then, and so they do where passkeys cannot be used, such as under an address without a name.
 */
export const PASSKEY_SCRIPT = `
const isUsable = typeof PublicKeyCredential === 'function' && typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function'
  && !/^[0-9.]+$|:/.test(location.hostname);
for (const form of isUsable ? document.querySelectorAll('form[data-passkey]') : []) {
  const told = form.querySelector('[data-failed]');
  form.hidden = false;
  document.querySelector('[data-no-passkeys]')?.remove();
  form.querySelector('button').addEventListener('click', async () => {
    told.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const credential = form.dataset.passkey === 'create'
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.namedItem('passkey').value = JSON.stringify(credential);
      form.submit();
    } catch {
      told.hidden = false;
    }
  });
}
`;
