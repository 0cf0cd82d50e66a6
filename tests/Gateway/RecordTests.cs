using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Federation.Application.Handing;
using Federation.Application.Quoting;
using Federation.Chain;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Ethereum;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;
using Federation.Gateway.Wire;
using Federation.Testing.Builders;

namespace Federation.Gateway.Tests;

public sealed class RecordTests : IAsyncLifetime
{
    private static readonly LeaseId Lease = RecordGateway.Lease;

    private RecordGateway gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await RecordGateway.StartAsync();

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData("tenant")]
    [InlineData("session key")]
    [InlineData("arbiter")]
    public async Task Evidence_IsHandedOver_AsTheCheckFoldsIt(string who)
    {
        var client = gateway.Client(Key(who));
        var windows = await client.ListWindowsAsync(default);
        Assert.Equal(RecordGateway.Windows.Select(w => (w.Number, w.Root, w.Lines.Count - 1)), windows.Select(w => (w.Window, w.Root, w.Series)));
        Assert.Equal([WindowRecord.NoRoot, windows[0].Root, windows[1].Root], windows.Select(w => w.Previous));
        var lines = new List<string>();
        foreach (var window in windows) lines.AddRange((await client.ReadWindowAsync(window.Window == 2 ? window.Root : $"{window.Window}", default))!);
        Assert.Equal(new EvidenceVerdict(windows[^1].Root, 1, 3, null), EvidenceCheck.Verify(Lease, lines, new KeccakHasher().Keccak256));

        // One sign in one sample is enough.
        lines[1] = lines[1].Replace("1200", "1201", StringComparison.Ordinal);
        Assert.Contains("its series are not those", EvidenceCheck.Verify(Lease, lines, new KeccakHasher().Keccak256).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receipt_IsSignedByTheProvider_AsTheContractHashesIt_AndStaysWhatItIs()
    {
        Look(RecordGateway.Receipt);
        var signed = (await gateway.Client(RecordGateway.Tenant).ReadReceiptAsync(default))!;
        Assert.Equal((RecordGateway.Receipt, RecordGateway.ChainId, RecordGateway.Domain.LeaseManager.ToString()), (signed.Receipt, signed.ChainId, signed.LeaseManager));
        Assert.Equal(RecordGateway.Provider.Address, Recovery.Recover(Bytes32.Parse(signed.Digest), Signature.Parse(signed.Signature)));
        Assert.Equal(signed, await gateway.Client(RecordGateway.Arbiter).ReadReceiptAsync(default));
    }

    [Fact]
    public async Task Receipt_ThatIsNotThere_IsSaid() => Assert.Null(await gateway.Client(RecordGateway.Tenant).ReadReceiptAsync(default));

    // The dispute time is longer than the object is kept.
    [Fact]
    public async Task Evidence_OfALeaseThatIsGone_IsHandedToThoseWhoseItWas()
    {
        gateway.See(null);
        Assert.Equal(3, (await gateway.Client(RecordGateway.Arbiter).ListWindowsAsync(default)).Count);
        Assert.Contains("NotYours", (await Assert.ThrowsAsync<GatewayException>(() => gateway.Client(RecordGateway.Stranger).ListWindowsAsync(default))).Message, StringComparison.Ordinal);
        Assert.Contains("LeaseUnknown", (await Assert.ThrowsAsync<GatewayException>(() => gateway.Client(RecordGateway.Tenant, Some.LeaseId(2)).ListWindowsAsync(default))).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> BadWords => new()
    {
        { "none", "sign a Sign-In with Ethereum message" },
        { "other host", "is for evil.example" },
        { "other lease", "does not cover" },
        { "all leases", "does not cover" },
        { "lease with the same beginning", "does not cover" },
        { "other path", "does not cover" },
        { "other chain", "is for chain 1" },
        { "no end", "must end" },
        { "too long", "must end" },
        { "expired", "ended at" },
        { "from the future", "see to the clock" },
        { "other signer", "is not signed by" },
        { "changed after signing", "is not signed by" },
        { "no message", "is no Sign-In with Ethereum message" },
        { "no signature", "is no Sign-In with Ethereum message" },
        { "huge", "is no Sign-In with Ethereum message" },
    };

    [Theory]
    [MemberData(nameof(BadWords))]
    public async Task WhoDoesNotShowWhoItIs_GetsNothing(string fault, string problem)
    {
        Look(RecordGateway.Receipt);
        foreach (var path in new[] { "/receipt", "/evidence", "/evidence/1" })
        {
            using var response = await GetAsync(path, BadWord(fault, path));
            Assert.Equal((HttpStatusCode.Unauthorized, "EIP-4361"), (response.StatusCode, response.Headers.WwwAuthenticate.Single().Scheme));
            Assert.Contains(problem, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    // It is good for what it names, and again within its time; not for another thing of the lease, not later.
    [Fact]
    public async Task Word_ForOnePath_ReadsThatAlone_UntilItEnds()
    {
        var word = Word(Message("/evidence"), RecordGateway.Tenant);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/evidence", word)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/evidence/2", word)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("/receipt", word)).StatusCode);
        gateway.Clock.Advance(ReaderProof.LongestLife);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("/evidence", word)).StatusCode);
    }

    [Fact]
    public async Task Stranger_IsForbidden_AndWhatIsNoLease_NotFound()
    {
        using var forbidden = await GetAsync("/evidence", Word(Message("") with { Address = RecordGateway.Stranger.Address }, RecordGateway.Stranger));
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
        using var none = await gateway.Http.GetAsync(new Uri("v1/leases/0x12/evidence", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Theory]
    [InlineData("9")]
    [InlineData("0x1111111111111111111111111111111111111111111111111111111111111111")]
    [InlineData("..%2f..%2fkeep-seconds")]
    [InlineData("over-since")]
    public async Task Window_ThatIsNotThere_IsNotFound(string window)
    {
        using var response = await GetAsync("/evidence/" + window, Word(Message(""), RecordGateway.Tenant));
        Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized, $"{response.StatusCode}");
    }

    [Fact]
    public async Task WindowNumber_OfTwo_IsAskedForByRoot()
    {
        var fork = new WindowRecord(Lease, 2, RecordGateway.Windows[0].Root, UsagePosition.StartingAt(2_000), 2_000, [], [], [], [], default, 90_000, [], UsagePosition.StartingAt(3_000)).Seal(new KeccakHasher().Keccak256);
        await gateway.Store.PutAsync(fork, 100, default);
        using var response = await GetAsync("/evidence/2", Word(Message(""), RecordGateway.Tenant));
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal(fork.Lines, await gateway.Client(RecordGateway.Tenant).ReadWindowAsync(fork.Root, default));
    }

    [Fact]
    public async Task Reads_CountAgainstTheLimitOfTheAddress()
    {
        await using var strict = await RecordGateway.StartAsync(requestsPerMinute: 2);
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.Unauthorized, (await strict.Http.GetAsync(new Uri($"v1/leases/{Lease}/evidence", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await strict.Http.GetAsync(new Uri($"v1/leases/{Lease}/receipt", UriKind.Relative))).StatusCode);
    }

    [Theory]
    [InlineData("tenant")]
    [InlineData("session key")]
    public async Task Countersignature_OfTheReceiptThatWasHandedOut_IsWhatTheSettlementCarries(string who)
    {
        Look(RecordGateway.Receipt);
        var client = gateway.Client(Key(who));
        var signed = (await client.ReadReceiptAsync(default))!;
        var woken = new List<LeaseId>();
        gateway.Receipts.Countersigned += woken.Add;
        var signature = RecordGateway.Countersign(signed.Receipt, Key(who));
        await client.CountersignAsync(signed.Digest, signature, default);
        await client.CountersignAsync(signed.Digest, signature, default);
        Assert.Equal([Lease], woken);
        Assert.Equal(signature, Assert.IsType<SettleIntent>(Assert.Single(Look(RecordGateway.Receipt, isWanted: true))).TenantSignature);
    }

    [Theory]
    [InlineData("stranger", "", HttpStatusCode.Forbidden, QuoteReasons.SignatureInvalid)]
    [InlineData("arbiter", "", HttpStatusCode.Forbidden, QuoteReasons.SignatureInvalid)]
    [InlineData("tenant", "other receipt", HttpStatusCode.Forbidden, QuoteReasons.SignatureInvalid)]
    [InlineData("tenant", "other chain", HttpStatusCode.Forbidden, QuoteReasons.SignatureInvalid)]
    [InlineData("tenant", "other contract", HttpStatusCode.Forbidden, QuoteReasons.SignatureInvalid)]
    [InlineData("tenant", "other digest", HttpStatusCode.Conflict, HandingReasons.ReceiptDiffers)]
    [InlineData("tenant", "other lease", HttpStatusCode.NotFound, HandingReasons.LeaseUnknown)]
    [InlineData("tenant", "never handed out", HttpStatusCode.Conflict, HandingReasons.ReceiptDiffers)]
    [InlineData("tenant", "changed meanwhile", HttpStatusCode.Conflict, HandingReasons.ReceiptDiffers)]
    [InlineData("tenant", "skipped before", HttpStatusCode.Forbidden, QuoteReasons.SignatureInvalid)]
    [InlineData("tenant", "too long", HttpStatusCode.BadRequest, "InvalidRequest")]
    [InlineData("tenant", "no hex", HttpStatusCode.BadRequest, "InvalidRequest")]
    [InlineData("tenant", "huge body", HttpStatusCode.RequestEntityTooLarge, "TooLarge")]
    public async Task Countersignature_ThatIsNotTheTenantsOverThatReceipt_IsRefused(string who, string fault, HttpStatusCode status, string reason)
    {
        var receipt = RecordGateway.Receipt;
        Look(receipt);
        if (fault != "never handed out") await gateway.Client(RecordGateway.Tenant).ReadReceiptAsync(default);
        if (fault == "skipped before") gateway.Receipts.Refuse(receipt);
        if (fault == "changed meanwhile") Look(receipt with { Through = receipt.Through + 1 });
        var domain = fault == "other chain" ? new LeaseDomain(1, RecordGateway.Domain.LeaseManager) : fault == "other contract" ? new LeaseDomain(RecordGateway.ChainId, Address.Zero) : null;
        var signature = RecordGateway.Countersign(fault == "other receipt" ? receipt with { Seq = 2 } : receipt, Key(who), domain);
        var digest = RecordGateway.Domain.Typed(Chain.Mapping.LeaseMapping.ToContract(fault == "other digest" ? receipt with { Seq = 2 } : receipt)).Digest().ToString();
        if (fault == "too long") signature += "00";
        if (fault == "no hex") digest = "0x" + new string('z', 64);
        var body = $$"""{"digest":"{{digest}}","signature":"{{signature}}"}""" + (fault == "huge body" ? new string(' ', BoundedBody.MaxBytes) : "");
        using var content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await gateway.Http.PostAsync(new Uri($"v1/leases/{(fault == "other lease" ? Some.LeaseId(2) : Lease)}/receipt/signature", UriKind.Relative), content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, text);
        Assert.Contains($"\"reason\":\"{reason}\"", text, StringComparison.Ordinal);
        Assert.Equal("", Assert.IsType<SettleIntent>(Assert.Single(Look(receipt, isWanted: true))).TenantSignature);
    }

    // What the operator's look does with the book.
    private IReadOnlyList<LeaseIntent> Look(Receipt receipt, bool isWanted = false) =>
        gateway.Receipts.Agree(Lease, receipt, isWanted ? [new SettleIntent(Lease, Some.Terms, receipt) { Urgency = SettleUrgency.Due }] : [], receipt.Through);

    private static LocalSigner Key(string who) => who switch
    {
        "tenant" => RecordGateway.Tenant,
        "session key" => RecordGateway.Session,
        "arbiter" => RecordGateway.Arbiter,
        _ => RecordGateway.Stranger,
    };

    private string UrlOf(string path) => $"{gateway.Http.BaseAddress!.AbsoluteUri.TrimEnd('/')}/v1/leases/{Lease}{path}";

    private SignInMessage Message(string path) => ReaderProof.Message(new Uri(UrlOf(path)), RecordGateway.Tenant.Address, RecordGateway.ChainId, "12345678", gateway.Clock.GetUtcNow());

    private static string Word(SignInMessage message, LocalSigner who)
    {
        var word = RecordGateway.Sign(message, who);
        return ReaderHeader.Write(word.Message, word.Signature);
    }

    private string BadWord(string fault, string path)
    {
        var (good, now) = (Message(""), gateway.Clock.GetUtcNow());
        return fault switch
        {
            "none" => "",
            "other host" => Word(good with { Domain = "evil.example" }, RecordGateway.Tenant),
            "other lease" => Word(good with { Uri = good.Uri.Replace(Lease.Hex, Some.LeaseId(2).Hex, StringComparison.Ordinal) }, RecordGateway.Tenant),
            "all leases" => Word(good with { Uri = good.Uri[..good.Uri.LastIndexOf('/')] }, RecordGateway.Tenant),
            "lease with the same beginning" => Word(good with { Uri = good.Uri[..^1] }, RecordGateway.Tenant),
            "other path" => Word(Message(path == "/receipt" ? "/evidence" : "/receipt"), RecordGateway.Tenant),
            "other chain" => Word(good with { ChainId = 1 }, RecordGateway.Tenant),
            "no end" => Word(good with { ExpirationTime = null }, RecordGateway.Tenant),
            "too long" => Word(good with { ExpirationTime = now.AddMinutes(6) }, RecordGateway.Tenant),
            "expired" => Word(good with { IssuedAt = now.AddMinutes(-6), ExpirationTime = now.AddMinutes(-1) }, RecordGateway.Tenant),
            "from the future" => Word(good with { IssuedAt = now.AddMinutes(2), ExpirationTime = now.AddMinutes(4) }, RecordGateway.Tenant),
            "other signer" => Word(good, RecordGateway.Stranger),
            "changed after signing" => ReaderHeader.Write(good.ToText(), RecordGateway.Sign(good with { Nonce = "87654321" }, RecordGateway.Tenant).Signature),
            "no message" => ReaderHeader.Write("let me in", "0x00"),
            "no signature" => ReaderHeader.Write(good.ToText(), "none"),
            _ => ReaderHeader.Write(new string('x', 20_000), "0x00"),
        };
    }

    private Task<HttpResponseMessage> GetAsync(string path, string word)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"v1/leases/{Lease}{path}");
        if (word.Length > 0) request.Headers.TryAddWithoutValidation("Authorization", $"{ReaderHeader.Scheme} {word}");
        return gateway.Http.SendAsync(request);
    }
}
