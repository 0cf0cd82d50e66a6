using System.Buffers.Text;
using System.Text;
using Federation.Application.Ports;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Gateway.Wire;

/// <summary>What a tenant sends to countersign a receipt.</summary>
/// <param name="Digest">Of the receipt that it was handed, 0x hex.</param>
/// <param name="Signature">Of its key or a session key, over that, 65 bytes, 0x hex.</param>
internal sealed record CountersignatureBody(string Digest, string Signature);

/// <summary>A receipt on the wire: what the contract's UsageReceipt holds, and what it is signed in.</summary>
internal sealed record ReceiptBody(ReceiptFields Receipt, ulong ChainId, string LeaseManager, string Digest, string Signature)
{
    public static ReceiptBody Of(SignedReceipt signed) => new(ReceiptFields.Of(signed.Receipt), signed.ChainId, signed.LeaseManager, signed.Digest, signed.Signature);

    /// <exception cref="FormatException">A lease id or root that is none.</exception>
    public SignedReceipt ToSigned() => new(Receipt.ToReceipt(), ChainId, LeaseManager, Digest, Signature);
}

internal sealed record ReceiptFields(string LeaseId, uint Seq, long Through, UsageVector Usage, uint DownSeconds, string EvidenceRoot, bool IsFinal)
{
    public static ReceiptFields Of(Receipt receipt) =>
        new(receipt.Id.Hex, receipt.Seq, receipt.Through, receipt.Usage, receipt.DownSeconds, receipt.EvidenceRoot, receipt.IsFinal);

    public Receipt ToReceipt() => new(Domain.Leases.LeaseId.Parse(LeaseId), Seq, Through, Usage, DownSeconds, EvidenceRoot, IsFinal);
}

/// <summary>Some of a lease's windows, by their number.</summary>
/// <param name="Next">Number to go on from, as <c>?from=</c>; null when these are the last.</param>
internal sealed record WindowsBody(IReadOnlyList<KeptWindow> Windows, long? Next)
{
    // Of some 300 bytes each.
    private const int MostWindows = 1_000;

    public static WindowsBody Of(IReadOnlyList<KeptWindow> all, long from)
    {
        var rest = all.Where(w => w.Window >= from).ToArray();
        if (rest.Length <= MostWindows) return new WindowsBody(rest, null);
        // All of one number are in one answer: what goes on begins with another.
        var next = rest[MostWindows].Window;
        return new WindowsBody([.. rest.TakeWhile(w => w.Window < next)], next);
    }
}

/// <summary>How who asks is shown in a header: <c>Authorization: EIP-4361 {message, base64url}.{signature, 0x hex}</c>.</summary>
internal static class ReaderHeader
{
    public const string Scheme = "EIP-4361";

    private const int MostChars = 16 * 1024;

    public static string Write(string message, string signature) => $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(message))}.{signature}";

    /// <returns>Both empty when the header is not there; a message of what was wrong with it, which is none, when it has another form.</returns>
    public static (string Message, string Signature) Read(string? header)
    {
        if (string.IsNullOrEmpty(header) || !header.StartsWith(Scheme + " ", StringComparison.OrdinalIgnoreCase)) return ("", "");
        var dot = header.IndexOf('.', StringComparison.Ordinal);
        if (header.Length > MostChars || dot < 0) return ("?", "");
        try
        {
            return (Encoding.UTF8.GetString(Base64Url.DecodeFromChars(header.AsSpan(Scheme.Length + 1, dot - Scheme.Length - 1))), header[(dot + 1)..]);
        }
        catch (FormatException)
        {
            return ("?", "");
        }
    }
}
