export const CARTS = 1_000
const USERS = 5_000
const TYPES = ['CART_CREATED', 'ITEM_ADDED', 'ITEM_REMOVED', 'CART_CHECKED_OUT']

export interface SampleEvent {
  readonly type: string
  readonly data: { readonly cartId: string } & Readonly<Record<string, string | number>>
}

/** Numbers that look random and are the same in every run. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** An event of about 200 bytes with two identifiers, spread evenly: the worst case for an index of keys. */
export function sampleEvent(
  random: (below: number) => number,
  cart: number = random(CARTS),
): SampleEvent {
  return {
    type: TYPES[random(TYPES.length)] as string,
    data: {
      cartId: cartIdOf(cart),
      userId: `user_${String(random(USERS)).padStart(6, '0')}`,
      product: 'Espresso machine, stainless steel, 1450 W',
      quantity: 1 + random(9),
      price: 129.9,
      note: 'Please ring twice and leave it with the neighbour if nobody answers',
    },
  }
}

export function cartIdOf(cart: number): string {
  return `cart_${String(cart).padStart(6, '0')}`
}
