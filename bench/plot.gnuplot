# SPDX-License-Identifier: GPL-2.0
# gnuplot -e "data='...'; picture='...'": what each way adds to an exit.
set terminal svg size 800,380 noenhanced font "sans,12" background "white"
set output picture
set datafile separator "\t"
set title "Instructions added to a VM exit (Linux ".kernel.")"
set logscale x
set xrange [5:10000]
set xlabel "point: CPUID; line: least to most, of all kinds of exits"
set grid x
set yrange [*:*] reverse
set offsets 0, 0, 0.5, 0.9
unset key
set style line 1 lc rgb "#3060a0" lw 3 pt 7 ps 1
plot data using 2:0:3:4:ytic(1) with xerrorbars ls 1, \
     data using 2:0:(sprintf("+%d", $2)) with labels offset 0, 0.9 tc rgb "#303030"
