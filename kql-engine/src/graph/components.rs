//! Components of a graph, numbered from 0 in the order of their first nodes.

use super::data::GraphData;

/// The number of each node's component.
pub fn mark(data: &GraphData, strong: bool) -> Vec<i64> {
    let roots = if strong { strong_roots(data) } else { weak_roots(data) };
    let mut numbers = vec![None; data.nodes];
    let mut next = 0;
    roots
        .iter()
        .map(|root| match numbers.get_mut(*root) {
            Some(number) => *number.get_or_insert_with(|| {
                next += 1;
                next - 1
            }),
            None => 0,
        })
        .collect()
}

/// For each node a representative of all nodes that it is connected with, in any direction of the edges.
fn weak_roots(data: &GraphData) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..data.nodes).collect();
    fn root(parents: &mut [usize], mut at: usize) -> usize {
        while let Some(&up) = parents.get(at)
            && up != at
        {
            let above = parents.get(up).copied().unwrap_or(up);
            if let Some(slot) = parents.get_mut(at) {
                *slot = above;
            }
            at = above;
        }
        at
    }
    for (from, to) in &data.edges {
        let (a, b) = (root(&mut parents, *from as usize), root(&mut parents, *to as usize));
        if let Some(slot) = parents.get_mut(a) {
            *slot = b;
        }
    }
    (0..data.nodes).map(|node| root(&mut parents, node)).collect()
}

/// For each node a representative of all nodes that it reaches and that reach it: Kosaraju's algorithm.
fn strong_roots(data: &GraphData) -> Vec<usize> {
    let mut done = vec![false; data.nodes];
    let mut order = Vec::with_capacity(data.nodes);
    for start in 0..data.nodes {
        if done.get_mut(start).is_none_or(|seen| std::mem::replace(seen, true)) {
            continue;
        }
        // a node and how many of its edges have been followed
        let mut stack = vec![(start, 0)];
        while let Some((node, walked)) = stack.last_mut() {
            let edge = data.out.get(*node).and_then(|list| list.get(*walked)).copied();
            *walked += 1;
            match edge {
                Some(edge) => {
                    let next = data.ends(edge).1 as usize;
                    if let Some(seen) = done.get_mut(next)
                        && !std::mem::replace(seen, true)
                    {
                        stack.push((next, 0));
                    }
                }
                None => {
                    order.push(*node);
                    stack.pop();
                }
            }
        }
    }
    let mut roots: Vec<Option<usize>> = vec![None; data.nodes];
    for start in order.into_iter().rev() {
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            match roots.get_mut(node) {
                Some(root @ None) => *root = Some(start),
                _ => continue,
            }
            stack.extend(data.into.get(node).into_iter().flatten().map(|edge| data.ends(*edge).0 as usize));
        }
    }
    roots.into_iter().enumerate().map(|(node, root)| root.unwrap_or(node)).collect()
}
