const MOST = 10_000

/** The newest versions of the aggregates that were written last. */
export class Versions extends Map<string, number> {
  override set(pk: string, version: number): this {
    this.delete(pk)
    super.set(pk, version)
    const [oldest = ''] = this.keys()
    if (this.size > MOST) this.delete(oldest)
    return this
  }
}
