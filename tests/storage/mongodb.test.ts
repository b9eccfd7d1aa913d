/** MongoDB keeps the contract, with transactions. */
import t from 'tap'
import { mongo } from '../helpers/mongodb.ts'
import { mongodbContract } from './contract/on-mongodb.ts'

mongodbContract(t, await mongo(t), 'MongoDB')
