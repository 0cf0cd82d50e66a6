using System.Text.Json;
using Federation.Application.Ports;
using Microsoft.AspNetCore.Http;

namespace Federation.Gateway.Wire;

/// <summary>What a tenant sends for a quote.</summary>
/// <param name="Signature">Of who pays, over <c>Ask(Request request)</c>, 0x hex.</param>
internal sealed record QuoteBody(RequestTerms Request, string Signature = "");

/// <summary>Reads what a tenant sends out of a body, or says where it is wrong.</summary>
internal static class BoundedBody
{
    /// <summary>A Request is under 2 KiB; a body may have room for what clients add in spaces.</summary>
    public const int MaxBytes = 64 * 1024;

    public static Task<(QuoteBody? Body, Refusal? Refusal)> ReadAsync(HttpRequest http, CancellationToken cancellation) =>
        ReadAsync<QuoteBody>(http, RequestRules.Check, cancellation);

    /// <param name="check">What the JSON types do not say of it.</param>
    /// <param name="most">Bytes of the body.</param>
    public static async Task<(T? Body, Refusal? Refusal)> ReadAsync<T>(HttpRequest http, Func<T, InputFault?> check, CancellationToken cancellation, int most = MaxBytes)
        where T : class
    {
        if (!http.HasJsonContentType())
            return (null, Refusal.Of(StatusCodes.Status415UnsupportedMediaType, "NotJson", "The body must be application/json."));
        if (http.ContentLength > most || await ReadBytesAsync(http.Body, most, cancellation) is not { } body)
            return (null, Refusal.Of(StatusCodes.Status413PayloadTooLarge, "TooLarge", $"The body must be at most {most} bytes."));
        return Parse(body, check);
    }

    private static async Task<ReadOnlyMemory<byte>?> ReadBytesAsync(Stream body, int most, CancellationToken cancellation)
    {
        var buffer = new byte[most + 1];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        if (length > most) return null;
        return buffer.AsMemory(0, length);
    }

    private static (T?, Refusal?) Parse<T>(ReadOnlyMemory<byte> body, Func<T, InputFault?> check)
        where T : class
    {
        try
        {
            var read = JsonSerializer.Deserialize<T>(body.Span, GatewayJson.Options);
            if (read is null) return (null, Invalid("$", "an object was expected, found null"));
            return check(read) is { } fault ? (null, Invalid(fault.Path, fault.Problem)) : (read, null);
        }
        catch (JsonException e)
        {
            return (null, Invalid(e.Path ?? "$", e.Message));
        }
    }

    private static Refusal Invalid(string path, string problem) =>
        Refusal.Of(StatusCodes.Status400BadRequest, "InvalidRequest", $"{path}: {problem}", path);
}
