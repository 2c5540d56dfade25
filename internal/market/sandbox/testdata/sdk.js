// What Meta's own SDK makes of the sandbox: a campaign with an ad set and an ad,
// read back, changed, reported page by page, and refused where Meta refuses.
'use strict'
const { FacebookAdsApi, AdAccount, Campaign, AdSet, Ad } = require('facebook-nodejs-business-sdk')
Object.defineProperty(FacebookAdsApi, 'GRAPH', { get: () => process.env.GRAPH })
FacebookAdsApi.init('sandbox-meta-token', 'en_US', false)

async function main() {
  const account = new AdAccount('act_1000200030004000')
  const out = { refused: [] }
  out.account = (await account.read(['name', 'currency', 'timezone_name']))._data
  const campaign = await account.createCampaign([], {
    name: 'Made by the SDK', objective: 'OUTCOME_TRAFFIC', status: 'ACTIVE', special_ad_categories: ['NONE'], daily_budget: 500000, bid_strategy: 'LOWEST_COST_WITHOUT_CAP',
  })
  const liked = (await account.getTargetingSearch(['name', 'type'], { q: 'climb', limit_type: 'interests' }))[0]
  out.liked = liked.name + ' ' + liked.type
  const set = await account.createAdSet([], {
    name: 'Everybody', campaign_id: campaign.id, billing_event: 'IMPRESSIONS', optimization_goal: 'LINK_CLICKS', status: 'ACTIVE',
    targeting: { geo_locations: { countries: ['CO'] }, flexible_spec: [{ interests: [{ id: liked.id, name: liked.name }] }] },
  })
  const ad = await account.createAd([], {
    name: 'One', adset_id: set.id, status: 'ACTIVE',
    creative: { object_story_spec: { page_id: '1', link_data: { link: 'https://andes-outdoor.example/', message: 'Go' } } },
  })
  out.ids = [campaign.id, set.id, ad.id]
  await fetch(process.env.GRAPH + '/sandbox/advance', { method: 'POST', body: JSON.stringify({ by: '30h' }) })
  out.ad = (await new Ad(ad.id).read(['effective_status', 'adset_id', 'campaign_id']))._data
  out.listed = (await account.getCampaigns(['name', 'status'], { limit: 10 })).map((c) => c.name)
  const video = await account.createAdVideo([], { file_url: 'https://cdn.example.com/summit.mp4', name: 'Summit', title: 'cm-film' })
  const filmed = { name: 'Film', adset_id: set.id, status: 'ACTIVE', creative: { object_story_spec: { page_id: '1', video_data: { video_id: video.id, image_url: 'https://cdn.example.com/s.jpg' } } } }
  out.early = await account.createAd([], filmed).then(() => 'taken', (e) => e.response.error_user_msg)
  await fetch(process.env.GRAPH + '/sandbox/advance', { method: 'POST', body: JSON.stringify({ by: '2m' }) })
  out.videos = (await account.getAdVideos(['title', 'status'], { title: 'cm-film' })).map((v) => v._data.title + ' ' + v._data.status.video_status)
  out.film = (await account.createAd([], filmed)).id
  await new Campaign(campaign.id).update([], { status: 'PAUSED' })
  out.paused = (await new Campaign(campaign.id).read(['status', 'effective_status']))._data
  let page = await account.getInsights(['campaign_id', 'ad_id', 'impressions', 'inline_link_clicks', 'spend', 'actions', 'account_currency'], {
    level: 'ad', time_increment: 1, breakdowns: ['hourly_stats_aggregated_by_advertiser_time_zone'], limit: 10,
    time_range: { since: process.env.SINCE, until: process.env.UNTIL },
  })
  out.rows = page.length
  out.impressions = page.reduce((sum, row) => sum + Number(row.impressions), 0)
  while (page.hasNext()) {
    page = await page.next()
    out.rows += page.length
    out.impressions += page.reduce((sum, row) => sum + Number(row.impressions), 0)
  }
  for (const wrong of [
    { objective: 'OUTCOME_TRAFFIC', special_ad_categories: ['NONE'], daily_budget: 5000 },
    { name: 'x', objective: 'TRAFFIC', special_ad_categories: ['NONE'], daily_budget: 5000 },
    { name: 'x', objective: 'OUTCOME_TRAFFIC', daily_budget: 5000 },
    { name: 'x', objective: 'OUTCOME_TRAFFIC', special_ad_categories: ['NONE'], daily_budget: 50.5 },
    { name: 'x', objective: 'OUTCOME_TRAFFIC', special_ad_categories: ['NONE'], daily_budget: 5000, colour: 'red' },
  ]) {
    try {
      await account.createCampaign([], wrong)
      out.refused.push('taken')
    } catch (e) {
      out.refused.push(e.response.code + ' ' + e.response.message)
    }
  }
  out.unknown = await new AdSet(set.id).update([], { targeting: { geo_locations: { countries: ['CO'] }, flexible_spec: [{ interests: [{ id: '1', name: 'Nothing' }] }] } })
    .then(() => 'taken', (e) => e.response.error_user_msg)
  console.log(JSON.stringify(out))
}

main().catch((e) => {
  console.error(e.response || e)
  process.exit(1)
})
