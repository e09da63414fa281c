//! Columns that are extracted from a text: `parse`, `parse-kv`.

use super::{Lowering, column, name};
use crate::budget::{self, Captured};
use crate::encoded::Encoded;
use crate::plan::{ColumnId, Expr, Extractor, Node};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, AsArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, internal_err};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::{
    ColumnarValue, Expr as DfExpr, LogicalPlan, LogicalPlanBuilder, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The name of the struct of all extracted values.
const ROW: &str = "extracted";

impl Lowering<'_> {
    /// Reads all columns in one pass over the text, as a struct that is split after it.
    pub(super) fn extract(
        &self,
        input: &Arc<Node>,
        value: &Expr,
        extractor: &Arc<dyn Extractor>,
        columns: &[(ColumnId, ScalarType)],
        matched: ColumnId,
    ) -> Result<LogicalPlan> {
        let udf = ExtractUdf::new(extractor.clone(), columns.iter().map(|(_, ty)| *ty).collect());
        let mut first: Vec<DfExpr> = input.columns().iter().map(|(id, _)| column(*id)).collect();
        let mut second = first.clone();
        first.push(ScalarUDF::new_from_impl(udf).call(vec![self.expr(value)?]).alias(ROW));
        let row = DfExpr::Column(datafusion::common::Column::new_unqualified(ROW));
        for (i, (id, _)) in columns.iter().enumerate() {
            second.push(get_field(row.clone(), format!("f{i}")).alias(name(*id)));
        }
        second.push(get_field(row, "matched").alias(name(matched)));
        LogicalPlanBuilder::from(self.node(input)?).project(first)?.project(second)?.build()
    }
}

/// The function.
pub(crate) struct ExtractUdf {
    extractor: Arc<dyn Extractor>,
    types: Vec<ScalarType>,
    fields: Fields,
    signature: Signature,
    budget: Captured,
}

impl ExtractUdf {
    fn new(extractor: Arc<dyn Extractor>, types: Vec<ScalarType>) -> ExtractUdf {
        let mut fields = vec![Field::new("matched", DataType::Boolean, false)];
        fields.extend(types.iter().enumerate().map(|(i, ty)| Field::new(format!("f{i}"), ty.arrow(), true)));
        let signature = Signature::any(1, Volatility::Immutable);
        ExtractUdf { extractor, types, fields: Fields::from(fields), signature, budget: Captured::now() }
    }

    /// As data.
    pub(crate) fn encode(&self) -> Result<Encoded> {
        let (kind, extractor) = self.extractor.encode()?;
        Encoded::of(&(kind, extractor.data, &self.types))
    }

    /// From its data; `extractor` decodes that of an extractor by the name of its kind.
    pub(crate) fn decode(
        encoded: &Encoded,
        extractor: impl Fn(&str, &Encoded) -> Result<Arc<dyn Extractor>>,
    ) -> Result<ExtractUdf> {
        let (kind, data, types): (String, _, _) = encoded.data()?;
        Ok(ExtractUdf::new(extractor(&kind, &Encoded { data, expressions: Vec::new() })?, types))
    }
}

impl PartialEq for ExtractUdf {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.extractor, &other.extractor)
    }
}

impl Eq for ExtractUdf {}

impl Hash for ExtractUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.extractor).cast::<()>().hash(state);
    }
}

impl fmt::Debug for ExtractUdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.extractor)
    }
}

impl ScalarUDFImpl for ExtractUdf {
    fn name(&self) -> &str {
        "extract_columns"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(self.fields.clone()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(text) = args.args.into_iter().next() else { return internal_err!("a text is expected") };
        let text = text.into_array(args.number_rows)?;
        let Some(texts) = text.as_string_opt::<i32>() else {
            return internal_err!("a text is expected, and this is {}", text.data_type());
        };
        let _entered = self.budget.enter();
        budget::check()?;
        let (matched, columns) = self.extractor.extract(texts)?;
        budget::confirm()?;
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(matched)];
        arrays.extend(columns);
        Ok(ColumnarValue::Array(Arc::new(StructArray::try_new(self.fields.clone(), arrays, None)?)))
    }
}
