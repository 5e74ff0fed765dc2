/** Hooks of React on a log: views that follow it, and decisions. @module */
export {
  EventClientProvider,
  useEventClient,
  type EventClientProviderProps,
} from './event-client.ts'
export { useDecision, type DecisionHandle } from './use-decision.ts'
export { useProjection, type ClientOption } from './use-projection.ts'
