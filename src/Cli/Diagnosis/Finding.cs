namespace Doppel.Cli.Diagnosis;

/// <summary>How a thing stands.</summary>
internal enum Standing
{
    /// <summary>Works.</summary>
    Works = 0,

    /// <summary>Works with a limit, or is not needed.</summary>
    Limited = 1,

    /// <summary>Does not work.</summary>
    Missing = 2,
}

/// <summary>One line of the doctor's table.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Standing">How it stands.</param>
/// <param name="Detail">What was found, in words.</param>
internal readonly record struct Finding(string Name, Standing Standing, string Detail);
