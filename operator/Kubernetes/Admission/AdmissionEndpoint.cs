using System.Text.Json;
using Federation.Kubernetes.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Kubernetes.Admission;

/// <summary>
/// One review: read within bounds, asked, answered. Whatever happens there is an answer, and what goes wrong here is a
/// refusal that says so. Bodies may come from anybody who reaches the port: nothing is done with them but to answer.
/// </summary>
internal sealed class AdmissionEndpoint(
    IReadOnlyList<IValidationWebhook> webhooks, AdmissionServerOptions options, AdmissionMetrics metrics, TimeProvider time, ILogger log) : IDisposable
{
    private readonly Dictionary<string, IValidationWebhook> byPath = webhooks.ToDictionary(w => w.Path, StringComparer.Ordinal);
    private readonly SemaphoreSlim small = new(options.SmallAtOnce);
    private readonly SemaphoreSlim large = new(options.LargeAtOnce);

    public async Task HandleAsync(HttpContext http)
    {
        if (!byPath.TryGetValue(http.Request.Path.Value ?? "", out var webhook))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!HttpMethods.IsPost(http.Request.Method) || !http.Request.HasJsonContentType())
        {
            await RefuseAsync(http, HttpMethods.IsPost(http.Request.Method) ? StatusCodes.Status415UnsupportedMediaType : StatusCodes.Status405MethodNotAllowed, "POST an AdmissionReview as application/json.");
            return;
        }

        var started = time.GetTimestamp();
        var result = "error";
        try
        {
            result = await ReviewAsync(http, webhook);
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested || e is BadHttpRequestException or IOException)
        {
            result = "malformed";
        }
        finally
        {
            metrics.Record(webhook.Kind.Plural, result, time.GetElapsedTime(started));
        }
    }

    public void Dispose()
    {
        small.Dispose();
        large.Dispose();
    }

    private async Task<string> ReviewAsync(HttpContext http, IValidationWebhook webhook)
    {
        using var deadline = new CancellationTokenSource(options.TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, http.RequestAborted);
        var lane = http.Request.ContentLength <= options.SmallBodyBytes ? small : large;
        string? uid = null;
        if (!await EnterAsync(lane, either.Token))
        {
            // Without its body there is no uid to answer to.
            await RefuseAsync(http, StatusCodes.Status503ServiceUnavailable, "Too many reviews at once; try again.");
            return "timeout";
        }

        try
        {
            using var body = await AdmissionBody.ReadAsync(http.Request, options.MaxBodyBytes, either.Token);
            uid = body.IsTooLarge ? body.FindUid() : null;
            if (body.IsTooLarge)
            {
                return await TooLargeAsync(http, uid);
            }

            if (await ParseAsync(http, body) is not { } request)
            {
                return "malformed";
            }

            uid = request.Uid;
            // Off this thread, so that one that computes for too long is left behind.
            var result = await Task.Run(() => webhook.ReviewAsync(request, either.Token).AsTask(), either.Token).WaitAsync(either.Token);
            await AnswerAsync(http, uid, result);
            return result.Valid ? "allowed" : "denied";
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            await AnswerAsync(http, uid, ValidationResult.Fail($"The review took longer than {options.TimeLimit.TotalSeconds:0.#} s; try again.", 503, "ServiceUnavailable"));
            return "timeout";
        }
        catch (Exception failure) when (!http.RequestAborted.IsCancellationRequested && failure is not (BadHttpRequestException or IOException))
        {
            log.LogError(failure, "A review of {Resource} failed", webhook.Kind.Plural);
            await AnswerAsync(http, uid, ValidationResult.Fail("The review failed; the webhook's log says why. Try again.", 500, "InternalError"));
            return "error";
        }
        finally
        {
            lane.Release();
        }
    }

    private static async Task<bool> EnterAsync(SemaphoreSlim lane, CancellationToken cancellationToken)
    {
        try
        {
            await lane.WaitAsync(cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<AdmissionRequest?> ParseAsync(HttpContext http, AdmissionBody body)
    {
        var problem = "The review has no request with a uid.";
        try
        {
            var review = JsonSerializer.Deserialize<AdmissionReview>(DepthLimit.Apply(body.Bytes, options.MaxDepth).Span, KubernetesJson.Options);
            if (review is not { ApiVersion: AdmissionReview.Version, Kind: AdmissionReview.KindName })
            {
                problem = $"Only {AdmissionReview.KindName} of {AdmissionReview.Version} is understood here.";
            }
            else if (review.Request is { Uid.Length: > 0, Kind: not null, UserInfo: not null } request)
            {
                return request;
            }
        }
        catch (JsonException misfit)
        {
            problem = $"This is no {AdmissionReview.KindName}: line {misfit.LineNumber + 1}, byte {misfit.BytePositionInLine + 1}.";
        }

        await RefuseAsync(http, StatusCodes.Status400BadRequest, problem);
        return null;
    }

    private async Task<string> TooLargeAsync(HttpContext http, string? uid)
    {
        var text = $"The object is too large to be reviewed: object, old object and managed fields together may have {options.MaxBodyBytes >> 20} MiB.";
        await AnswerAsync(http, uid, ValidationResult.Fail(text, 413, "RequestEntityTooLarge"));
        return "too_large";
    }

    private static async Task AnswerAsync(HttpContext http, string? uid, ValidationResult result)
    {
        if (http.Response.HasStarted)
        {
            return;
        }

        if (uid is null)
        {
            await RefuseAsync(http, result.Status?.Code ?? StatusCodes.Status500InternalServerError, result.Status?.Message ?? "");
            return;
        }

        var bytes = JsonSerializer.SerializeToUtf8Bytes(AdmissionReview.Answer(uid, result), KubernetesJson.Options);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    // What is no answer counts as a failed webhook: the registered failure policy decides.
    private static async Task RefuseAsync(HttpContext http, int code, string text)
    {
        http.Response.StatusCode = code;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.WriteAsync(text + "\n", http.RequestAborted);
    }
}
