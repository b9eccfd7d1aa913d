/** MongoDB keeps the contract on a lone server too, which has no transactions. */
import t from 'tap'
import { ownMongo } from '../helpers/mongodb.ts'
import { mongodbContract } from './contract/on-mongodb.ts'

mongodbContract(t, await ownMongo(t, { topology: 'standalone' }), 'a standalone MongoDB', ['sizes'])
