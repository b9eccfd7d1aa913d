import { join } from 'node:path'
import t from 'tap'
import { findConfigFiles, searchPath } from '../../../lib/config/search.ts'

t.test('the path is the home folder, the configuration folder of the user, and /etc', async t => {
  t.same(searchPath({ home: '/h', configHome: '/c' }), ['/h/.marconi', '/c/marconi', '/etc/marconi'])
})

t.test('the first marconi.conf is read, then the first marconi.conf.d in the order of names', async t => {
  const root = t.testdir({
    a: { 'marconi.conf.d': { 'b.conf': '', 'a.conf': '', 'c.txt': '', '.hidden.conf': '' } },
    b: { 'marconi.conf': '' },
    d: { 'marconi.conf.d': 'a file' },
    c: { 'marconi.conf': '', 'marconi.conf.d': { 'z.conf': '' } },
  })
  const path = ['d', 'a', 'b', 'c'].map(folder => join(root, folder))
  t.same(findConfigFiles(path), ['b/marconi.conf', 'a/marconi.conf.d/a.conf', 'a/marconi.conf.d/b.conf'].map(file => join(root, file)))
})

t.test('no file at all is fine', async t => {
  t.same(findConfigFiles([join(t.testdir({}), 'nowhere')]), [])
})
