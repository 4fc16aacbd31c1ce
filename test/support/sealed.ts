// A log with other bytes in its payloads, sealed again, as whoever has a key could write it.
import { frameOf, framesOf, HEADER, PayloadWriter } from '../../tasks/engine/log/frame.ts'

/**
 * @param from the key with which it is sealed
 * @param to the key to seal it with
 * @param change of each payload, in place
 */
export function resealed(
  log: Buffer,
  from: Buffer,
  to: Buffer,
  change: (payload: Buffer) => void = () => {},
): Buffer {
  const own = Buffer.from(new Uint8Array(log).buffer)
  const words = new Uint32Array(own.buffer)
  const header: Buffer = own.subarray(0, HEADER)
  const parts = [header]
  let before: Buffer = header
  for (const [begin, end] of [...framesOf(own, words, from)]) {
    const payload = own.subarray(begin * 4, end * 4)
    change(payload)
    const body = new PayloadWriter()
    body.bytes(payload)
    const { frame, seal } = frameOf(body, to, before)
    parts.push(frame)
    before = seal
  }
  return Buffer.concat(parts)
}
