/** A wire between browser and server: it can be cut, and held after so many bytes, until whoever tests lets go. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Hold {
  /** Bytes towards the browser that still pass. */
  left: number;
  reached: () => void;
}

export class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The server's ends. */
  readonly #far = new Set<Socket>();
  #holding = false;
  #to: { host: string; port: number } | undefined;
  #hold: Hold | undefined;
  #open = true;

  constructor() {
    this.#server = createServer((near) => { this.#join(near); });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  leadTo(address: string): void {
    const [host = '', port = ''] = address.split(':');
    this.#to = { host, port: Number(port) };
  }

  #join(near: Socket): void {
    if (!this.#open || this.#to === undefined) {
      near.destroy();
      return;
    }
    const far = connect(this.#to);
    for (const [one, other] of [[near, far], [far, near]] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        this.#far.delete(one);
        other.destroy();
      });
    }
    this.#far.add(far);
    if (this.#holding) far.pause();
    near.pipe(far);
    far.on('data', (chunk) => { this.#pass(chunk, far, near); });
    far.on('end', () => near.end());
  }

  #pass(chunk: Buffer, far: Socket, near: Socket): void {
    if (!near.write(chunk)) {
      far.pause();
      near.once('drain', () => { if (!this.#holding) far.resume(); });
    }
    const hold = this.#hold;
    if (hold === undefined || this.#holding) return;
    hold.left -= chunk.length;
    if (hold.left > 0) return;
    this.#holding = true;
    for (const socket of this.#far) socket.pause();
    hold.reached();
  }

  /** After so many bytes nothing more arrives; resolves when it is so far. */
  holdAfter(bytes: number): Promise<void> {
    return new Promise((resolve) => { this.#hold = { left: bytes, reached: resolve }; });
  }

  release(): void {
    this.#hold = undefined;
    this.#holding = false;
    for (const socket of this.#far) socket.resume();
  }

  /** Every connection is gone. */
  cut(): void {
    this.release();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** As if the network were gone: nobody gets through. */
  away(): void {
    this.#open = false;
    this.cut();
  }

  back(): void {
    this.#open = true;
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => { this.#server.close(() => { resolve(); }); });
  }
}
