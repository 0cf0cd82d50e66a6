using System.Net;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Client;

/// <summary>The API server answered, and the answer is no. What did not reach it is an <see cref="HttpRequestException"/>.</summary>
public sealed class KubernetesException : Exception
{
    public KubernetesException()
        : this(new V1Status(), 0)
    {
    }

    public KubernetesException(string message)
        : this(new V1Status { Message = message }, 0)
    {
    }

    public KubernetesException(string message, Exception innerException)
        : base(message, innerException)
    {
        Status = new V1Status { Message = message };
    }

    public KubernetesException(V1Status status, HttpStatusCode code, TimeSpan? retryAfter = null)
        : base(status.Message ?? $"The API server answered {(int)code}.")
    {
        Status = status;
        Code = code == 0 ? (HttpStatusCode)(status.Code ?? 0) : code;
        RetryAfter = retryAfter ?? (status.Details?.RetryAfterSeconds is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : null);
    }

    /// <summary>The server's own words.</summary>
    public V1Status Status { get; }

    /// <summary>HTTP status; for a watch, the code inside the stream.</summary>
    public HttpStatusCode Code { get; }

    /// <summary>Machine word such as <c>NotFound</c>.</summary>
    public string? Reason => Status.Reason;

    /// <summary>How long the server asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; }

    public bool IsNotFound => Code == HttpStatusCode.NotFound;

    /// <summary>Somebody else wrote first, or owns the field; also an object that exists already.</summary>
    public bool IsConflict => Code == HttpStatusCode.Conflict;

    public bool IsAlreadyExists => Reason == "AlreadyExists";

    /// <summary>The version or page token is too old: list again.</summary>
    public bool IsGone => Code == HttpStatusCode.Gone || Reason is "Expired" or "Gone";

    public bool IsForbidden => Code == HttpStatusCode.Forbidden;

    public bool IsUnauthorized => Code == HttpStatusCode.Unauthorized;

    /// <summary>The object breaks the schema or a rule: repeating the write cannot help.</summary>
    public bool IsInvalid => Code == HttpStatusCode.UnprocessableEntity;

    public bool IsTooManyRequests => Code == HttpStatusCode.TooManyRequests;

    /// <summary>The server is in trouble; the same request may pass later.</summary>
    public bool IsTransient => IsTooManyRequests || (int)Code >= 500;
}
