using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Metrics.Evidence;

namespace Federation.Metrics.Tenant;

/// <summary>The receipt that was countersigned last, in a file that is whole or not there.</summary>
public sealed class SignedReceiptFile(string folder, LeaseId lease) : ISignedReceipts
{
    private readonly string path = Path.Combine(folder, $"signed-{lease}.json");

    /// <inheritdoc/>
    public Receipt? Last()
    {
        if (!File.Exists(path)) return null;
        try
        {
            var kept = JsonSerializer.Deserialize<Kept>(File.ReadAllText(path)) ?? throw new JsonException("null");
            return new Receipt(LeaseId.Parse(kept.Lease), kept.Seq, kept.Through, kept.Usage, kept.DownSeconds, kept.EvidenceRoot, kept.IsFinal);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new InvalidDataException($"What was signed last cannot be read from {path}, and without it something older might be signed: bring it back from a copy. {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Keep(Receipt receipt)
    {
        Directory.CreateDirectory(folder);
        FolderEvidence.Write(path, JsonSerializer.SerializeToUtf8Bytes(new Kept(receipt.Id.Hex, receipt.Seq, receipt.Through, receipt.Usage, receipt.DownSeconds, receipt.EvidenceRoot, receipt.IsFinal)));
        FolderEvidence.Flush(folder);
    }

    private sealed record Kept(string Lease, uint Seq, long Through, UsageVector Usage, uint DownSeconds, string EvidenceRoot, bool IsFinal);
}
