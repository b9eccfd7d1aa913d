// The package messaging/v2 of gophercloud, through Keystone. The environment has OS_AUTH_URL.
package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/messaging/v2/claims"
	"github.com/gophercloud/gophercloud/v2/openstack/messaging/v2/messages"
	"github.com/gophercloud/gophercloud/v2/openstack/messaging/v2/queues"
	"github.com/gophercloud/gophercloud/v2/pagination"
)

var ctx = context.Background()

func connect(user, project string) *gophercloud.ServiceClient {
	provider, err := openstack.AuthenticatedClient(ctx, gophercloud.AuthOptions{
		IdentityEndpoint: os.Getenv("OS_AUTH_URL"), Username: user, Password: user + "pw", TenantName: project, DomainID: "default",
	})
	if err != nil {
		panic(err)
	}
	client, err := openstack.NewMessagingV2(provider, "3381af92-2b9e-11e3-b191-71861300734c", gophercloud.EndpointOpts{Region: "RegionOne"})
	if err != nil {
		panic(err)
	}
	return client
}

// queuesOf lists the names of queues, page by page, with their descriptions if they are detailed.
func queuesOf(client *gophercloud.ServiceClient, opts queues.ListOpts) (names []string, pages int, err error) {
	err = queues.List(client, opts).EachPage(ctx, func(_ context.Context, page pagination.Page) (bool, error) {
		found, err := queues.ExtractQueues(page)
		for _, queue := range found {
			names = append(names, queue.Name)
		}
		pages++
		return true, err
	})
	return names, pages, err
}

// numbersOf lists the numbers in messages, page by page.
func numbersOf(client *gophercloud.ServiceClient, queue string, opts messages.ListOpts) (numbers []int, err error) {
	err = messages.List(client, queue, opts).EachPage(ctx, func(_ context.Context, page pagination.Page) (bool, error) {
		found, err := messages.ExtractMessages(page)
		for _, message := range found {
			numbers = append(numbers, numberIn(message.Body))
		}
		return true, err
	})
	return numbers, err
}

func numberIn(body map[string]any) int {
	number, _ := body["no"].(float64)
	return int(number)
}

func claimedNumbers(found []claims.Messages) (numbers []int) {
	for _, message := range found {
		numbers = append(numbers, numberIn(message.Body))
	}
	return numbers
}

func lastPart(href string) string {
	parts := strings.Split(href, "/")
	return parts[len(parts)-1]
}

func main() {
	names("gophercloud", "github.com/gophercloud/gophercloud/v2", "v2")
	demo := connect("demo", "demo")
	other := connect("alt_demo", "alt_demo")
	workWithQueues(demo)
	ids := workWithMessages(demo)
	workWithClaims(demo, ids)
	finish(demo, other)
}

func workWithQueues(demo *gophercloud.ServiceClient) {
	does("create a queue", func() error {
		encrypts := false
		return first(
			queues.Create(ctx, demo, queues.CreateOpts{
				QueueName: "jobs", DefaultMessageTTL: 300, DefaultMessageDelay: 0, MaxClaimCount: 10, DeadLetterQueue: "dead", DeadLetterQueueMessagesTTL: 600,
				MaxMessagesPostSize: 1000, EnableEncryptMessages: &encrypts, Extra: map[string]any{"description": "of the tests"},
			}).ExtractErr(),
			queues.Create(ctx, demo, queues.CreateOpts{QueueName: "mail", DefaultMessageTTL: 300}).ExtractErr(),
		)
	})
	does("list queues page by page", func() error {
		found, pages, err := queuesOf(demo, queues.ListOpts{Limit: 1})
		return first(err, same(found, []string{"jobs", "mail"}), same(pages, 2))
	})
	does("list queues with their metadata", func() error {
		page, err := queues.List(demo, queues.ListOpts{Detailed: true}).AllPages(ctx)
		if err != nil {
			return err
		}
		found, err := queues.ExtractQueues(page)
		return first(err, same(found[0].Metadata.MaxClaimCount, 10))
	})
	does("count queues", func() error {
		var count int
		err := queues.List(demo, queues.ListOpts{WithCount: true}).EachPage(ctx, func(_ context.Context, page pagination.Page) (more bool, err error) {
			count, err = page.(queues.QueuePage).GetCount()
			return false, err
		})
		return first(err, same(count, 2))
	})
	does("replace metadata", func() error {
		found, err := queues.Update(ctx, demo, "jobs", queues.BatchUpdateOpts{
			{Op: queues.ReplaceOp, Path: "/metadata/_max_claim_count", Value: 7},
			{Op: queues.AddOp, Path: "/metadata/color", Value: "red"},
			{Op: queues.RemoveOp, Path: "/metadata/description", Value: "of the tests"},
		}).Extract()
		return first(err, same(found.MaxClaimCount, 7), same(found.Extra["color"], "red"), same(found.Extra["description"], nil))
	})
	does("read metadata", func() error {
		found, err := queues.Get(ctx, demo, "jobs").Extract()
		return first(err, same(found.DefaultMessageTTL, 300), same(found.MaxClaimCount, 7), same(found.DeadLetterQueue, "dead"), same(found.Extra["color"], "red"))
	})
}

func workWithMessages(demo *gophercloud.ServiceClient) (ids []string) {
	does("post messages", func() error {
		var batch messages.BatchCreateOpts
		for number := range 6 {
			batch = append(batch, messages.CreateOpts{TTL: 300, Body: map[string]any{"no": number}})
		}
		posted, err := messages.Create(ctx, demo, "jobs", batch).Extract()
		for _, href := range posted.Resources {
			ids = append(ids, lastPart(href))
		}
		return first(err, same(len(ids), 6))
	})
	does("post a delayed message", func() error {
		_, err := messages.Create(ctx, demo, "mail", messages.BatchCreateOpts{{TTL: 300, Delay: 200, Body: map[string]any{"no": 9}}}).Extract()
		now, failure := numbersOf(demo, "mail", messages.ListOpts{Echo: true})
		later, another := numbersOf(demo, "mail", messages.ListOpts{Echo: true, IncludeDelayed: true})
		return first(err, failure, another, same(now, []int(nil)), same(later, []int{9}))
	})
	does("list messages page by page", func() error {
		found, err := numbersOf(demo, "jobs", messages.ListOpts{Limit: 4, Echo: true})
		return first(err, same(found, []int{0, 1, 2, 3, 4, 5}))
	})
	if len(ids) < 6 {
		return make([]string, 6)
	}
	does("get a message", func() error {
		found, err := messages.Get(ctx, demo, "jobs", ids[0]).Extract()
		return first(err, same(numberIn(found.Body), 0), same(found.ID, ids[0]), same(found.TTL, 300), same(found.Checksum[:4], "MD5:"))
	})
	does("get several messages", func() error {
		found, err := messages.GetMessages(ctx, demo, "jobs", messages.GetMessagesOpts{IDs: ids[1:3]}).Extract()
		return first(err, same(len(found), 2), same(found[1].ID, ids[2]))
	})
	does("read statistics", func() error {
		found, err := queues.GetStats(ctx, demo, "jobs").Extract()
		return first(err, same(found, queues.Stats{Free: 6, Total: 6}))
	})
	does("delete a message", func() error {
		err := messages.Delete(ctx, demo, "jobs", ids[0], messages.DeleteOpts{}).ExtractErr()
		_, gone := messages.Get(ctx, demo, "jobs", ids[0]).Extract()
		return first(err, refused(gone, "404"))
	})
	does("delete several messages", func() error {
		err := messages.DeleteMessages(ctx, demo, "jobs", messages.DeleteMessagesOpts{IDs: ids[1:3]}).ExtractErr()
		left, failure := numbersOf(demo, "jobs", messages.ListOpts{Echo: true})
		return first(err, failure, same(left, []int{3, 4, 5}))
	})
	return ids
}

func workWithClaims(demo *gophercloud.ServiceClient, ids []string) {
	claim := ""
	does("claim messages", func() error {
		found, err := claims.Create(ctx, demo, "jobs", claims.CreateOpts{TTL: 300, Grace: 60, Limit: 2}).Extract()
		if err != nil {
			return err
		}
		claim = found[0].Href[strings.LastIndex(found[0].Href, "=")+1:]
		none, err := claims.Create(ctx, demo, "empty", claims.CreateOpts{TTL: 300, Grace: 60, Limit: 2}).Extract()
		return first(err, same(claimedNumbers(found), []int{3, 4}), same(len(none), 0))
	})
	does("query a claim", func() error {
		found, err := claims.Get(ctx, demo, "jobs", claim).Extract()
		if err != nil {
			return err
		}
		return first(same(found.TTL, 300), same(claimedNumbers(found.Messages), []int{3, 4}))
	})
	does("renew a claim", func() error {
		err := claims.Update(ctx, demo, "jobs", claim, claims.UpdateOpts{TTL: 500, Grace: 70}).ExtractErr()
		if err != nil {
			return err
		}
		found, err := claims.Get(ctx, demo, "jobs", claim).Extract()
		return first(err, same(found.TTL, 500))
	})
	does("delete a claimed message", func() error {
		without := messages.Delete(ctx, demo, "jobs", ids[3], messages.DeleteOpts{}).ExtractErr()
		with := messages.Delete(ctx, demo, "jobs", ids[3], messages.DeleteOpts{ClaimID: claim}).ExtractErr()
		return first(refused(without, "403"), with)
	})
	does("release a claim", func() error {
		err := claims.Delete(ctx, demo, "jobs", claim).ExtractErr()
		left, failure := numbersOf(demo, "jobs", messages.ListOpts{Echo: true})
		return first(err, failure, same(left, []int{4, 5}))
	})
	does("pop messages", func() error {
		found, err := messages.PopMessages(ctx, demo, "jobs", messages.PopMessagesOpts{Pop: 1}).Extract()
		return first(err, same(len(found), 1), same(numberIn(found[0].Body), 4))
	})
}

func finish(demo, other *gophercloud.ServiceClient) {
	does("sign a URL", func() error {
		signed, err := queues.Share(ctx, demo, "jobs", queues.ShareOpts{
			Paths: []queues.SharePath{queues.PathMessages}, Methods: []queues.ShareMethod{queues.MethodGet}, Expires: time.Now().UTC().Add(time.Hour).Format("2006-01-02T15:04:05"),
		}).Extract()
		return first(err, same(signed.Paths, []string{"/v2/queues/jobs/messages"}), same(len(signed.Signature), 64))
	})
	does("purge a queue", func() error {
		err := queues.Purge(ctx, demo, "jobs", queues.PurgeOpts{ResourceTypes: []queues.PurgeResource{queues.ResourceMessages, queues.ResourceSubscriptions}}).ExtractErr()
		left, failure := numbersOf(demo, "jobs", messages.ListOpts{Echo: true})
		return first(err, failure, same(left, []int(nil)))
	})
	does("keep projects apart", func() error {
		found, _, err := queuesOf(other, queues.ListOpts{})
		return first(err, same(found, []string(nil)))
	})
	does("tell a refusal in the server's words", func() error {
		_, err := messages.Create(ctx, demo, "jobs", messages.BatchCreateOpts{{TTL: 5, Body: map[string]any{"no": 1}}}).Extract()
		return refused(err, "at least 60 seconds")
	})
	does("delete a queue", func() error {
		err := first(queues.Delete(ctx, demo, "jobs").ExtractErr(), queues.Delete(ctx, demo, "mail").ExtractErr(), queues.Delete(ctx, demo, "dead").ExtractErr())
		found, _, failure := queuesOf(demo, queues.ListOpts{})
		return first(err, failure, same(found, []string(nil)))
	})
}
