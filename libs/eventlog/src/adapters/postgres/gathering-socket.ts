import { Socket } from 'node:net';

/**
 * A socket that sends what is written to it in one turn of the event loop together. Statements that are sent one behind the other then cost
 * one call of the operating system, which takes longer than to make them; under TLS each costs its own, as ever.
 */
export function gatheringSocket(): Socket {
  const socket = new Socket();
  let isGathering = false;
  socket.write = new Proxy(socket.write, {
    apply: (write, self: unknown, given: unknown[]): unknown => {
      if (!isGathering) {
        isGathering = true;
        socket.cork();
        process.nextTick(() => {
          isGathering = false;
          socket.uncork();
        });
      }
      return Reflect.apply(write, self, given);
    },
  });
  return socket;
}
