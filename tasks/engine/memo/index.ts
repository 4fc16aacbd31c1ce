// The door of engine/memo: "nothing to do", remembered with all that the decision looked at.
export { Memo, memoPartsOf } from './memo.ts'
export { recallNothingToDo } from './recall.ts'
