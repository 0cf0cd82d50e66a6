using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Federation.Gateway.Access;

/// <summary>
/// A review of what may be done names the namespace that it is about in its body, not in its path. kubectl writes it as a protocol
/// buffer, others as JSON: it is looked for in either. A wrong guess gives a wrong answer to who made it look so, and nothing else: who
/// asks is in any case an account of that tenant's own, and is told of that account alone.
/// </summary>
internal static partial class ReviewBody
{
    public const int MostBytes = 64 * 1024;

    /// <summary>Reads it, and puts it back for who reads it next.</summary>
    /// <returns>Empty: it names none of a lease.</returns>
    public static async Task<string> NamespaceAsync(HttpRequest request, CancellationToken cancellation)
    {
        var bytes = new byte[(int)(request.ContentLength ?? 0)];
        await request.Body.ReadExactlyAsync(bytes, cancellation);
        request.Body = new MemoryStream(bytes, writable: false);
        return LeaseNamespace().Match(Encoding.Latin1.GetString(bytes)).Value;
    }

    [GeneratedRegex("(?<![a-z0-9-])lease-[0-9a-f]{16}(?![a-z0-9-])")]
    private static partial Regex LeaseNamespace();
}
