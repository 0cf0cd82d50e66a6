namespace Federation.Application.Settings;

/// <summary>
/// On an option that takes another value while the program runs, once its settings file says so. What has it not is changed by a start
/// alone, and a settings file that changes it is refused. The page about the options is written from these.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ReloadableAttribute : Attribute;

/// <summary>On an option that names a file whose content is read again while the program runs.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FollowedAttribute : Attribute;
