namespace Federation.Domain.Workloads;

/// <summary>A Secret or a ConfigMap, whichever of the two is named.</summary>
internal static class SourceReader
{
    /// <returns>The one that is there; null after a fault.</returns>
    public static (SourceKind Kind, string Field)? KindOf(ObjectReader reader, string secret, string configMap)
    {
        switch (reader.Has(secret), reader.Has(configMap))
        {
            case (true, false):
                return (SourceKind.Secret, secret);
            case (false, true):
                return (SourceKind.ConfigMap, configMap);
            case (true, true):
                reader.Fault(configMap, $"may not stand beside {secret}: keep one");
                return null;
            default:
                reader.Fault(secret, $"is missing, and so is {configMap}: name one of them");
                return null;
        }
    }

    public static Func<string, string?> NameRule(SourceKind kind) =>
        kind == SourceKind.Secret ? WorkloadRules.SecretName : WorkloadRules.ConfigMapName;
}
