namespace Doppel.Backends.Keys;

/// <summary>A key that goes down or up.</summary>
/// <param name="Key">Which.</param>
/// <param name="IsDown">Whether it goes down.</param>
public readonly record struct KeyEvent(KeyCode Key, bool IsDown);
