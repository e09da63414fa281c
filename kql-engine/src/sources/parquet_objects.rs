//! Parquet files in object stores, for DataFusion's reader: the footer, and the columns and pages that it asks for.

use super::location::Location;
use crate::error::SourceError;
use crate::stores::Object;
use bytes::Bytes;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    FileScanConfigBuilder, ParquetFileMetrics, ParquetFileReaderFactory, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::object_store::path::Path;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::{AsyncFileReader, MetadataFetch};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// The end of a file that is read first: it has the whole footer of most.
const FOOTER: usize = 64 << 10;
/// Columns that are closer to each other are read by one request.
const GAP: u64 = 1 << 20;

/// Opens the objects of a scan.
#[derive(Debug)]
pub(super) struct ObjectReaders {
    objects: HashMap<Path, Arc<Object>>,
}

impl ObjectReaders {
    /// For objects, by the paths that the scan has for them.
    pub(super) fn new(objects: impl Iterator<Item = (Path, Arc<Object>)>) -> ObjectReaders {
        ObjectReaders { objects: objects.collect() }
    }
}

/// A scan that came from another process, with what opens its objects. Each of its files has its number in `files`.
pub(super) fn with_objects(scan: Arc<dyn ExecutionPlan>, files: &[Location]) -> Result<Arc<dyn ExecutionPlan>> {
    if files.iter().all(|file| file.object().is_none()) {
        return Ok(scan);
    }
    let found =
        scan.downcast_ref::<DataSourceExec>().and_then(DataSourceExec::downcast_to_file_source::<ParquetSource>);
    let Some((config, source)) = found else { return internal_err!("a scan of Parquet files is expected") };
    let object = |file: &PartitionedFile| {
        let ScalarValue::UInt64(Some(number)) = file.partition_values.first()? else { return None };
        let object = files.get(usize::try_from(*number).ok()?)?.object()?.clone();
        Some((file.object_meta.location.clone(), object))
    };
    let objects = config.file_groups.iter().flat_map(|group| group.iter()).filter_map(object);
    let source = source.clone().with_parquet_file_reader_factory(Arc::new(ObjectReaders::new(objects)));
    let config = FileScanConfigBuilder::from(config.clone()).with_source(Arc::new(source)).build();
    Ok(DataSourceExec::from_data_source(config))
}

impl ParquetFileReaderFactory for ObjectReaders {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        _: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let path = &file.object_meta.location;
        let Some(object) = self.objects.get(path) else { return internal_err!("{path} is not part of the scan") };
        let metrics = ParquetFileMetrics::new(partition, path.as_ref(), metrics);
        Ok(Box::new(Reader { object: object.clone(), metrics }))
    }
}

/// Reads an object.
struct Reader {
    object: Arc<Object>,
    metrics: ParquetFileMetrics,
}

fn external(error: SourceError) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        self.metrics.bytes_scanned.add(usize::try_from(range.end - range.start).unwrap_or_default());
        async move { self.object.get(range).await.map_err(external) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        let bytes: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        self.metrics.bytes_scanned.add(usize::try_from(bytes).unwrap_or_default());
        let object = self.object.clone();
        async move {
            let get = |range| {
                let object = object.clone();
                async move { object.get(range).await }
            };
            object_store::coalesce_ranges(&ranges, get, GAP).await.map_err(external)
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        let size = self.object.size();
        let mut reader = ParquetMetaDataReader::new().with_prefetch_hint(Some(FOOTER));
        if let Some(options) = options {
            reader = reader
                .with_metadata_options(Some(options.metadata_options().clone()))
                .with_column_index_policy(options.column_index_policy())
                .with_offset_index_policy(options.offset_index_policy());
        }
        async move { Ok(Arc::new(reader.load_and_finish(Footer(&self.object), size).await?)) }.boxed()
    }
}

/// What a footer is read from.
struct Footer<'a>(&'a Arc<Object>);

impl MetadataFetch for Footer<'_> {
    fn fetch(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move { self.0.get(range).await.map_err(external) }.boxed()
    }
}
