using Federation.Application.Ports;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

[Collection("one adapter")]
public sealed class SendJournalTests(AdapterFixture fixture)
{
    private static readonly string Hash = "0x" + new string('a', 64);

    private static readonly JournalEntry Waiting = new(7, ["settle 0x01 3", "settle 0x02 9"], "0x" + new string('b', 40), [1, 2, 0, 0, 3], 90_000, [new JournalVersion(Hash, 5, 1), new JournalVersion(Hash[..^1] + "c", 7, 2)]) { Sender = "0x" + new string('d', 40) };

    private static readonly JournalEntry Mined = Waiting with { Nonce = 0, Data = [], To = null, IsSent = true, MinedBlock = 12, MinedIn = Hash };

    [Fact]
    public async Task Entries_ComeBackWhole_InTheNextTerm()
    {
        var space = await fixture.Server.NamespaceAsync();
        var journal = Journal(space, 1);
        Assert.Empty(await journal.ReadAsync(default));
        await journal.WriteAsync([Mined, Waiting], default);
        await journal.WriteAsync([Mined, Waiting with { IsSent = true }], default);
        var again = await Journal(space, 2).ReadAsync(default);
        Assert.Equivalent(new[] { Mined, Waiting with { IsSent = true } }, again, strict: true);
    }

    [Fact]
    public async Task LaterTerm_HasWritten_TheEarlierOneWritesNothing()
    {
        var space = await fixture.Server.NamespaceAsync();
        var (old, young) = (Journal(space, 4), Journal(space, 5));
        await old.ReadAsync(default);
        await old.WriteAsync([Waiting], default);
        Assert.Single(await young.ReadAsync(default));
        await young.WriteAsync([Mined], default);
        // It may be its own write of unknown end: only what lies there tells.
        foreach (var reason in (string[])["JournalUnwritten", "JournalUnread"])
            Assert.Equal(reason, (await Assert.ThrowsAsync<ClusterException>(() => old.WriteAsync([Waiting], default))).Reason);
        Assert.Equal("TermOver", (await Assert.ThrowsAsync<ClusterException>(() => old.ReadAsync(default))).Reason);
        Assert.Equal(Mined.MinedBlock, Assert.Single(await young.ReadAsync(default)).MinedBlock);
    }

    // The earlier leader writes after the later one has read: what it sent is not to be found but here.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EntryOfAnotherWriter_IsNotReplacedUnread(bool isThere)
    {
        var space = await fixture.Server.NamespaceAsync();
        var (old, young) = (Journal(space, 4), Journal(space, 5));
        await old.ReadAsync(default);
        if (isThere) await old.WriteAsync([Mined], default);
        Assert.Equal(isThere ? 1 : 0, (await young.ReadAsync(default)).Count);
        await old.WriteAsync([Waiting], default);
        for (var attempt = 0; attempt < 3; attempt++) await Assert.ThrowsAsync<ClusterException>(() => young.WriteAsync([Mined], default));
        Assert.Equal(Waiting.Nonce, Assert.Single(await young.ReadAsync(default)).Nonce);
        await young.WriteAsync([Waiting, Mined], default);
        Assert.Equal(2, (await Journal(space, 6).ReadAsync(default)).Count);
    }

    // Eight full batches, four that wait and as many left behind, beside all that is remembered of mined ones.
    [Fact]
    public async Task FullJournal_FitsIntoAnObject()
    {
        var random = new Random(1);
        var purposes = Enumerable.Range(0, 50).Select(i => $"settle 0x{i:x64} 4294967295").ToArray();
        JournalEntry[] open = [.. Enumerable.Range(0, 8).Select(i => Waiting with { Nonce = (ulong)i, Purposes = purposes, Data = Call(random) })];
        JournalEntry[] mined = [.. Enumerable.Range(8, 64).Select(i => Mined with { Nonce = (ulong)i, Purposes = purposes })];
        var journal = Journal(await fixture.Server.NamespaceAsync(), 1);
        await journal.ReadAsync(default);
        await journal.WriteAsync([.. mined, .. open], default);
        Assert.Equal(open[7].Data, (await journal.ReadAsync(default))[^1].Data);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"nonce":1,"state":"Sent","for":["a"],"gas":1,"versions":[]}""")]
    [InlineData("""{"nonce":1,"state":"Sent","for":null,"gas":1,"versions":[{"hash":"0x1","maxFee":"1","tip":"1"}]}""")]
    [InlineData("""{"nonce":1,"state":"Sent","for":[null],"gas":1,"versions":[{"hash":"0x1","maxFee":"1","tip":"1"}]}""")]
    public async Task Rubbish_IsSaid(string entry)
    {
        var space = await fixture.Server.NamespaceAsync();
        await fixture.Admin.Resource<V1ConfigMap>().CreateAsync(new V1ConfigMap
        {
            Metadata = new() { Name = SendJournal.Name, Namespace = space }, Data = new Dictionary<string, string> { ["term"] = "1", ["sent"] = $"[{entry}]" },
        });
        var error = await Assert.ThrowsAsync<ClusterException>(() => Journal(space, 2).ReadAsync(default));
        Assert.Equal("JournalUnreadable", error.Reason);
        Assert.Contains("Delete it once", error.Message, StringComparison.Ordinal);
    }

    // As settlements are: of 1,700 bytes a lease some 500 differ.
    private static byte[] Call(Random random)
    {
        var data = new byte[85_000];
        for (var lease = 0; lease < 50; lease++) random.NextBytes(data.AsSpan(lease * 1700, 500));
        return data;
    }

    private SendJournal Journal(string space, long term) => new(fixture.Admin, space, term);
}
