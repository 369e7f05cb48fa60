using System;

namespace Doppel.Backends.Vnc.Updates;

/// <summary>Arithmetic of rectangles.</summary>
internal static class Areas
{
    internal static ScreenArea Intersect(ScreenArea a, ScreenArea b)
    {
        int left = Math.Max(a.X, b.X);
        int top = Math.Max(a.Y, b.Y);
        int right = Math.Min(a.X + a.Width, b.X + b.Width);
        int bottom = Math.Min(a.Y + a.Height, b.Y + b.Height);
        return left < right && top < bottom ? new ScreenArea(left, top, right - left, bottom - top) : default;
    }
}
