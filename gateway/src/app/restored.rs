//! Requests that lived when the process before this one ended go to their areas, before anything else does.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::area::{AreaInput, RestoredRequest};
use crate::config::Config;
use crate::journal::restore::{Lived, Remains};
use crate::messaging::{ReplyTo, Transport};
use crate::router::Router;
use crate::security::Permit;

/// Hands over what there is. A request that cannot be placed any more is told in the log.
pub(super) async fn hand_over(
    remains: Remains,
    config: &Config,
    router: &Router,
    transports: &[Arc<dyn Transport>],
) {
    let table = router.table();
    let mut by_area: BTreeMap<usize, Vec<RestoredRequest>> = BTreeMap::new();
    let mut handles = BTreeMap::new();
    let mut orphans = 0_u32;
    for Lived { request, heard, asked } in remains.requests {
        let authorised = |name: &str| config.security.authorised.iter().any(|entry| *entry.name == *name);
        let asked = asked.filter(|asked| authorised(&asked.permit));
        let (Some((area, _)), Some(asked)) = (table.find(request.intersection), asked) else {
            orphans += 1;
            continue;
        };
        let permit = Permit { name: Arc::from(asked.permit), importance_ceiling: asked.ceiling };
        let reply = asked.reply.and_then(|address| way_back(&address, transports));
        handles.entry(area.place()).or_insert_with(|| area.clone());
        by_area.entry(area.place()).or_default().push(RestoredRequest { request, heard, permit, reply });
    }
    if orphans > 0 {
        tracing::warn!(
            requests = orphans,
            "requests from before the restart are let go: their intersection, or their entry of the list of who may ask, is no more"
        );
    }
    for (place, requests) in by_area {
        let Some(area) = handles.get(&place) else { continue };
        let count = requests.len();
        match area.send(AreaInput::Restored(requests)).await {
            Ok(()) => tracing::info!(
                area = &**area.name(),
                requests = count,
                "requests from before the restart go on"
            ),
            Err(error) => {
                tracing::error!(area = &**area.name(), %error, "requests from before the restart are lost")
            }
        }
    }
}

/// The way back that an address names: its transport's name stands before the colon.
fn way_back(address: &str, transports: &[Arc<dyn Transport>]) -> Option<ReplyTo> {
    let (name, _) = address.split_once(':')?;
    transports.iter().find(|transport| transport.name() == name)?.reply_to(address)
}
