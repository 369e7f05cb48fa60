using System;

namespace Doppel.Backends;

/// <summary>A rectangle of pixels; empty when a side is 0.</summary>
/// <param name="X">Left column.</param>
/// <param name="Y">Top row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct ScreenArea(int X, int Y, int Width, int Height)
{
    /// <summary>Whether it holds no pixel.</summary>
    public bool IsEmpty => Width <= 0 || Height <= 0;

    /// <summary>The smallest rectangle that holds both.</summary>
    public ScreenArea Union(ScreenArea other)
    {
        if (IsEmpty || other.IsEmpty)
        {
            return IsEmpty ? other : this;
        }

        int x = Math.Min(X, other.X);
        int y = Math.Min(Y, other.Y);
        return new ScreenArea(x, y, Math.Max(X + Width, other.X + other.Width) - x, Math.Max(Y + Height, other.Y + other.Height) - y);
    }
}

/// <summary>A picture of a screen: 0x00RRGGBB a pixel, rows from top to bottom without gaps. Belongs to one thread at a time.</summary>
public sealed class ScreenPicture
{
    private uint[] _pixels = [];

    /// <summary>Largest width and height.</summary>
    public const int MaxSide = 4096;

    /// <summary>Columns.</summary>
    public int Width { get; private set; }

    /// <summary>Rows.</summary>
    public int Height { get; private set; }

    /// <summary>All pixels.</summary>
    public Span<uint> Pixels => _pixels.AsSpan(0, Width * Height);

    /// <summary>The pixels of a row.</summary>
    public Span<uint> Row(int y) => _pixels.AsSpan(y * Width, Width);

    /// <summary>Gives it another size, 0 to <see cref="MaxSide"/>, and makes it black. Does nothing when it has that size.</summary>
    public void Resize(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)width, (uint)MaxSide);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)height, (uint)MaxSide);
        if (width == Width && height == Height)
        {
            return;
        }

        if (_pixels.Length < width * height)
        {
            _pixels = new uint[width * height];
        }

        Width = width;
        Height = height;
        Pixels.Clear();
    }

    /// <summary>Becomes a copy of <paramref name="other"/>.</summary>
    public void CopyFrom(ScreenPicture other)
    {
        Resize(other.Width, other.Height);
        other.Pixels.CopyTo(Pixels);
    }
}

/// <summary>What a text screen shows: a character code (code page 437) in bits 7:0 and an attribute in bits 15:8 a cell.</summary>
/// <param name="Columns">Cells a row.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Cells">Cells, row by row.</param>
/// <param name="CursorColumn">Column of the cursor, or -1 when none is shown.</param>
/// <param name="CursorRow">Row of the cursor.</param>
/// <param name="Blinks">Whether attribute bit 7 means blinking; otherwise a bright background.</param>
public sealed record TextScreen(int Columns, int Rows, ushort[] Cells, int CursorColumn, int CursorRow, bool Blinks);

/// <summary>A graphics adapter as a display sees it. Machine's thread only; looking changes nothing that the guest can see or a snapshot holds.</summary>
public interface IScreen
{
    /// <summary>
    /// Brings <paramref name="picture"/> up to date and says what changed since the last call; everything after a change of its size or when
    /// <paramref name="all"/> is set. A screen that is idle costs next to nothing.
    /// </summary>
    /// <param name="picture">Must be what the last call left, or new.</param>
    /// <param name="all">Draw everything.</param>
    ScreenArea Update(ScreenPicture picture, bool all);

    /// <summary>The text on the screen, or null in a graphics mode.</summary>
    TextScreen? ReadText();
}

/// <summary>
/// The far end of a screen: a VNC server, a window, a terminal. Made and disposed by the machine's owner, who has <see cref="Show"/> called some
/// dozen times a second while <see cref="IsWatching"/>; keys and mouse go into an <see cref="IInputSink"/> from the display's own threads.
/// </summary>
public interface IDisplayBackend : IDisposable
{
    /// <summary>Whether anybody looks: pictures need not be made otherwise. Any thread.</summary>
    bool IsWatching { get; }

    /// <summary>
    /// The screen looks like <paramref name="picture"/> now, of which <paramref name="changed"/> differs from the last call's. Copies what it needs
    /// and returns at once. Not concurrent with itself.
    /// </summary>
    /// <param name="picture">The caller's again after the call.</param>
    /// <param name="changed">Never empty; everything at the first call after nobody watched.</param>
    /// <param name="text">What a text screen shows, or null.</param>
    void Show(ScreenPicture picture, ScreenArea changed, TextScreen? text);
}
