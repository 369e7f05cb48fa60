namespace Doppel.Machine.Outside;

/// <summary>Where outside input goes, by the number that scripts and logs know it by.</summary>
public static class InputPort
{
    /// <summary>COM1: plain bytes.</summary>
    public const int Serial0 = 0;

    /// <summary>COM2: plain bytes.</summary>
    public const int Serial1 = 1;

    /// <summary>The keyboard: records of <see cref="KeyRecord"/>.</summary>
    public const int Keyboard = 2;

    /// <summary>The mouse: records of <see cref="PointerRecord"/>.</summary>
    public const int Pointer = 3;

    /// <summary>How many there are.</summary>
    internal const int Count = 4;

    /// <summary>Whether <paramref name="lengthBytes"/> are whole records of that port.</summary>
    internal static bool IsWhole(int port, int lengthBytes) => port switch
    {
        Keyboard => lengthBytes % KeyRecord.Length == 0,
        Pointer => lengthBytes % PointerRecord.Length == 0,
        _ => true,
    };

    /// <summary>The port in words.</summary>
    internal static string Describe(int port) => port switch
    {
        Keyboard => "the keyboard",
        Pointer => "the mouse",
        _ => $"serial port {port}",
    };
}
