using System.Text.Json;
using Federation.Application.Ports;
using Microsoft.AspNetCore.Http;

namespace Federation.Gateway.Wire;

/// <summary>What a tenant sends for a quote.</summary>
/// <param name="Signature">Of who pays, over <c>Ask(Request request)</c>, 0x hex.</param>
internal sealed record QuoteBody(RequestTerms Request, string Signature = "");

/// <summary>Reads one Request out of a body, or says where it is wrong.</summary>
internal static class BoundedBody
{
    /// <summary>A Request is under 2 KiB; a body may have room for what clients add in spaces.</summary>
    public const int MaxBytes = 64 * 1024;

    public static async Task<(QuoteBody? Body, Refusal? Refusal)> ReadAsync(HttpRequest http, CancellationToken cancellation)
    {
        if (!http.HasJsonContentType())
            return (null, Refusal.Of(StatusCodes.Status415UnsupportedMediaType, "NotJson", "The body must be application/json."));
        if (http.ContentLength > MaxBytes || await ReadBytesAsync(http.Body, cancellation) is not { } body)
            return (null, Refusal.Of(StatusCodes.Status413PayloadTooLarge, "TooLarge", $"The body must be at most {MaxBytes} bytes."));
        return Parse(body);
    }

    private static async Task<ReadOnlyMemory<byte>?> ReadBytesAsync(Stream body, CancellationToken cancellation)
    {
        var buffer = new byte[MaxBytes + 1];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        if (length > MaxBytes) return null;
        return buffer.AsMemory(0, length);
    }

    private static (QuoteBody?, Refusal?) Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var quote = JsonSerializer.Deserialize<QuoteBody>(body.Span, GatewayJson.Options);
            if (quote is null) return (null, Invalid("$", "a Request was expected, found null"));
            return RequestRules.Check(quote) is { } fault ? (null, Invalid(fault.Path, fault.Problem)) : (quote, null);
        }
        catch (JsonException e)
        {
            return (null, Invalid(e.Path ?? "$", e.Message));
        }
    }

    private static Refusal Invalid(string path, string problem) =>
        Refusal.Of(StatusCodes.Status400BadRequest, "InvalidRequest", $"{path}: {problem}", path);
}
