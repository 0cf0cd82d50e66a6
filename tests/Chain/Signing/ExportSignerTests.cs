using System.Diagnostics;
using Federation.Chain.Signing;
using Federation.Chain.Tests.Support;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Tests.Signing;

public sealed class ExportSignerTests : IDisposable
{
    private const string Key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    // cast 1.7.1: cast wallet sign --private-key KEY --data JSON, of this very statement.
    private const string Known = "0xba3d803c6ed86ad21851323e0ac428616268d16b211cab84487d7d950ff58a9608ba776200afb097959f297ab65e24b7927ff43fe15d11822cedbdadf2829bf61c";

    private static readonly LeaseDomain Domain = new(31337, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    private static readonly LeaseId Id = LeaseId.Parse("0x" + string.Concat(Enumerable.Repeat("0123456789abcdef", 4)));
    private static readonly SentBytes Sent = new("0x" + string.Concat(Enumerable.Repeat("fedcba9876543210", 4)), ulong.MaxValue);
    private static readonly VolumeExport Export = new("data-disk-work-0", "urls", 1_800_000_007) { Sent = Sent };

    private readonly LocalSigner signer = new(Bytes32.Parse(Key).Span);

    public void Dispose() => signer.Dispose();

    [Fact]
    public void Statement_IsAsDocumented() => Assert.Equal(
        "VolumeExport(bytes32 leaseId,string volume,bytes32 digest,uint64 size,uint64 exportedAt)", ExportSigner.Typed(Domain, Id, Export.Volume, Sent, Export.EndedAt).EncodeType());

    [Fact]
    public async Task Signature_IsTheOneOfCast()
    {
        var signature = await SignAsync();
        Assert.Equal(Known, signature);
        var typed = ExportSigner.Typed(Domain, Id, Export.Volume, Sent, Export.EndedAt).ToJson();
        Assert.Equal(Known, await CastAsync("wallet", "sign", "--private-key", Key, "--data", typed));
        Assert.Contains("succeeded", await CastAsync("wallet", "verify", "--address", signer.Address.ToString(), "--data", typed, signature), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verified_IsWhatWasSigned_AndNothingElse()
    {
        var signed = Export with { Signature = await SignAsync() };
        Assert.True(ExportSigner.IsSignedBy(Domain, Id, signed, signer.Address));
        // What is not signed may differ.
        Assert.True(ExportSigner.IsSignedBy(Domain, Id, signed with { Secret = "other", IsOutdated = true }, signer.Address));
        VolumeExport[] forged =
        [
            signed with { Volume = "data-disk-work-1" }, signed with { EndedAt = signed.EndedAt + 1 }, signed with { EndedAt = -1 }, signed with { Sent = null },
            signed with { Sent = Sent with { Size = 1 } }, signed with { Sent = Sent with { Digest = Id.Hex } }, signed with { Sent = Sent with { Digest = "0x" } },
            signed with { Signature = "" }, signed with { Signature = "0x" + new string('0', 130) }, signed with { Signature = signed.Signature[..^2] },
        ];
        Assert.All(forged, f => Assert.False(ExportSigner.IsSignedBy(Domain, Id, f, signer.Address)));
        Assert.False(ExportSigner.IsSignedBy(Domain with { ChainId = 1 }, Id, signed, signer.Address));
        Assert.False(ExportSigner.IsSignedBy(Domain, LeaseId.Parse(Sent.Digest), signed, signer.Address));
        Assert.False(ExportSigner.IsSignedBy(Domain, Id, signed, Domain.LeaseManager));
    }

    private Task<string> SignAsync() => new ExportSigner(signer, Domain).SignAsync(Id, Export.Volume, Sent, Export.EndedAt, default);

    private static async Task<string> CastAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Repository.Tool("cast"), arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }
}
