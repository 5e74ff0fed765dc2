import { expect, test, vi } from 'vitest'
import { clientSource, load, type AwsClient } from './client.ts'

test('a package that is missing is named', async () => {
  const name = '@aws-sdk/client-nothing'
  await expect(load(name, () => import(/* @vite-ignore */ name))).rejects.toMatchObject({
    code: 'STORE',
    message: expect.stringContaining(`npm install ${name}`),
    cause: expect.any(Error),
  })
})

test('a client that was given is used, and none is made', async () => {
  const client: AwsClient = { send: async () => {} }
  const make = vi.fn<() => Promise<AwsClient>>()
  expect(await clientSource(client, make)()).toBe(client)
  expect(make).not.toHaveBeenCalled()
})

test('a client is made once, at first use, and after a failure anew', async () => {
  const client: AwsClient = { send: async () => {} }
  const make = vi.fn<() => Promise<AwsClient>>().mockResolvedValue(client)
  make.mockRejectedValueOnce(new Error('not now'))
  const source = clientSource(undefined, make)
  expect(make).not.toHaveBeenCalled()
  await expect(source()).rejects.toThrow('not now')
  expect(await Promise.all([source(), source()])).toEqual([client, client])
  expect(make).toHaveBeenCalledTimes(2)
})
